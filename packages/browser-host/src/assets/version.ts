/** As the package's manifest has it. The page and its workers compare it, as they are loaded from different files. */
export const VERSION = '0.1.0';
/** Of the copy of onnxruntime-web that the package ships: what was measured with another one does not count. */
export const ORT_VERSION = '1.30.0';
