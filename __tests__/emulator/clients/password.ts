/** A client secret of an application, as the directory has it. */
export const passwordOf = (secretText: string) => ({
  keyId: '0a0b0c0d-0000-4000-8000-000000000000',
  displayName: null,
  startDateTime: '2020-01-01T00:00:00Z',
  endDateTime: '2100-01-01T00:00:00Z',
  hint: 'sec',
  secretText,
  createdAt: 0,
});
