import { md } from './markdown.ts';

/** What a page says at first sight, in its titles and tables. */
export const ICON = {
  done: md`✅`,
  planned: md`🔍`,
  removed: md`🗑️`,
  warning: md`⚠️`,
  failed: md`❌`,
  skipped: md`➖`,
  unknown: md`❔`,
} as const;
