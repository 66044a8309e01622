/**
 * SHA-256 of published files, to verify downloads: they run with a cluster administrator's rights, so the server that
 * offers them is not trusted.
 */

/** Of helm-vVERSION-SYSTEM-ARCH.tar.gz (Windows: .zip), from Helm's release notes. */
const HELM_ARCHIVES: Readonly<Record<string, string>> = {
  'helm-v4.1.4-linux-amd64.tar.gz': '70b2c30a19da4db264dfd68c8a3664e05093a361cefd89572ffb36f8abfa3d09',
  'helm-v4.1.4-linux-arm64.tar.gz': '13d03672be289045d2ff00e4e345d61de1c6f21c1257a45955a30e8ae036d8f1',
  'helm-v4.1.4-darwin-amd64.tar.gz': 'abf09c8503ad1d8ef76d3737a058c3456a998aae5f5966fce4bb3031aeb1654e',
  'helm-v4.1.4-darwin-arm64.tar.gz': '7c2eca678e8001fa863cdf8cbf6ac1b3799f9404a89eb55c08260ef5732e658d',
  'helm-v4.1.4-windows-amd64.zip': 'bd60f567f667631a2c9b698dfabe5e3cd52eaaf4264163c0a9cae566db8560e8',
  'helm-v4.1.4-windows-arm64.zip': 'd0a651026da4a26b28bdfc3d455ce3dfacbc267182dc2225c2172b1dcc549643',
  'helm-v4.2.4-linux-amd64.tar.gz': 'c306b46f719b0a4da32d0f78ee21bf90ce8d602f15b22ab753f0674d1670a7f3',
  'helm-v4.2.4-linux-arm64.tar.gz': '564de2191b881e9f71b5606b25345821ea1682f06ab90499d3ab22b530176da1',
  'helm-v4.2.4-darwin-amd64.tar.gz': '6c163d687ca03c3b5c01928e53bbbcf9518278f47ce7a2f249a5a08e8bdaa2bc',
  'helm-v4.2.4-darwin-arm64.tar.gz': 'd747eb4e28bd2727173d15b759fa0a17822291ec09db7ced3d55af290a3661a2',
  'helm-v4.2.4-windows-amd64.zip': 'e94d83a4706fd82078c98dade2079fa9d9680c1c2bfb93bfc304ee6bc2412a32',
  'helm-v4.2.4-windows-arm64.zip': 'dbe8b49ea9877abe3d77354a792efb01920da9f65a492fcb8b4fce4e08bbae8f',
};

/** Of headlamp-VERSION.tgz in Headlamp's own chart repository, from its index. */
const HEADLAMP_CHARTS: Readonly<Record<string, string>> = {
  '0.45.0': '38c619e0ed5db4164b02c353bcbb24e8157c1d98d961b292f99d68cc9316b8eb',
  '0.44.0': '02ea3f0131cc8ec02d647dff53802eaf8f7e8d9428cf7b5c4648486352d57f85',
  '0.43.0': '6a6b8102984c07df31d800c27e0ea8fc91c766366ba7fcdc2ff4113b03ae9a75',
  '0.42.0': '1014bc96c7696000645d29bb70336d863d951b2b130683220db1973438b76c40',
  '0.41.0': '0253dadfa8b2767379526743327094a0eb40f1069d41c583e5a51812e5c523e3',
  '0.40.1': 'ac3d1e01b0de7d8a1a091cd887826f3ff3031573092201037344cfbce5e0e1b9',
  '0.40.0': '351e766258fc4abf59add1a2e4ea5240684916cf6b8e55e60282c8c0e961053c',
  '0.39.0': '38f790495475ef4c1cc4b8288d3022d8bc18e50ab630ba12e0d6e62501cf1353',
  '0.38.0': '57ba130776d214a590a8558e5ba92f992347f5a15970dcfc326928ec041d8868',
};

/** Of the program in an archive, by the archive's name: verifies a program that others unpacked into the tool cache. */
const HELM_PROGRAMS: Readonly<Record<string, string>> = {
  'helm-v4.1.4-linux-amd64.tar.gz': '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9',
};

export const helmChecksum = (archive: string): string | undefined => HELM_ARCHIVES[archive];
export const helmProgramChecksum = (archive: string): string | undefined => HELM_PROGRAMS[archive];
export const headlampChartDigest = (version: string): string | undefined => HEADLAMP_CHARTS[version];
