/** The longest part of a token in one cookie; a token with many groups takes several. */
const LONGEST = 3_800;

/** Cookies with the token, sent only with requests for that cluster. */
export function tokenCookies(context: string, base: string, token: string): readonly string[] {
  const parts = token.match(new RegExp(`.{1,${LONGEST}}`, 'g')) ?? [];
  return parts.map(
    (part, index) => `${nameOf(context, index)}=${part}; Path=${base}/clusters/${context}; HttpOnly; SameSite=Strict`,
  );
}

/** The token in a request's Cookie header. */
export function tokenOf(context: string, header: string): string | undefined {
  const cookies = new Map(
    header.split(/; */).map((entry): [string, string] => {
      const [name = '', ...value] = entry.split('=');
      return [name, value.join('=')];
    }),
  );
  const parts: string[] = [];
  for (
    let part = cookies.get(nameOf(context, 0));
    part !== undefined;
    part = cookies.get(nameOf(context, parts.length))
  )
    parts.push(part);
  return parts.length === 0 ? undefined : parts.join('');
}

const nameOf = (context: string, index: number) => `headlamp-auth-${context}.${index}`;
