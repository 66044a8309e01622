/** A job summary as people read it: without the places where a long word may wrap. */
export const asRead = (summary: string): string => summary.replaceAll('<wbr>', '');
