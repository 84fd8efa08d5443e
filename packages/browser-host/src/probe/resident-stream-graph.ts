/**
 * y[1, 8192] = a[1, 384] x b with b folded into an initialiser, as the first three of `probeGraphs` have it: made of
 * `fp32` by another number of columns. Given as an input, b would cross to the GPU at every run, and its bus would be
 * measured in place of its memory.
 */
export const residentStreamGraph =
  'CAk6lQEKMAoCYnMSAWIiD0NvbnN0YW50T2ZTaGFwZSoWCgV2YWx1ZSoKCAEQAUoECtcjPKABBAoRCgFhCgFiEgF5IgZNYXRN' +
  'dWwSBGZsb3cqGggCEAdCAmJzShCAAQAAAAAAAAAgAAAAAAAAWhUKAWESEAoOCAESCgoDEgFtCgMIgANiFQoBeRIQCg4IARIK' +
  'CgMSAW0KAwiAQEIECgAQEQ==';
