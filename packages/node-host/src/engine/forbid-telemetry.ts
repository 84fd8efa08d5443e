/**
 * onnxruntime 1.30 for Linux writes a device id into the user's cache folder and reports sessions to its maker, unless
 * this is set before its native library is loaded. What runs on the device stays on the device.
 *
 * To be called on the main thread: the environment of a worker is a copy that native code never sees.
 */
export function forbidTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
}
