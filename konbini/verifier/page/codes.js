// Finds QR codes in a picture, with the library beside this page (zxing-wasm, a build of zxing-cpp). A picture is tried
// as it is, then sharpened, enlarged and softened: a fixed number of tries. Nothing leaves this page.

import { enlarged, sharpened } from "./pixels.js";
import { prepareZXingModule, readBarcodes } from "./zxing/es/reader/index.js";

const MOST_EDGE = 4200;
const MOST_FACTOR = 3;
const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryInvert: false, maxNumberOfSymbols: 16, textMode: "Hex" };

/** Load the reader before it is wanted. */
export function prepare() {
  return prepareZXingModule({
    overrides: { locateFile: (/** @type {string} */ name) => new URL(`./zxing/reader/${name}`, import.meta.url).href },
    fireImmediately: true,
  });
}

/**
 * Read a frame of the camera, once and quickly.
 * @param {ImageData} frame
 * @returns {Promise<Uint8Array[]>}
 */
export async function codesInFrame(frame) {
  return found(await readBarcodes(frame, OPTIONS));
}

/**
 * Read a photo or a scan.
 * @param {ImageBitmap} picture
 * @returns {Promise<Uint8Array[]>}
 */
export async function codesInPicture(picture) {
  const edge = Math.max(picture.width, picture.height);
  const fit = Math.min(1, MOST_EDGE / edge);
  const factor = Math.min(MOST_FACTOR, Math.floor(MOST_EDGE / (edge * fit)));
  const whole = drawn(picture, fit, "none");
  const tries = [
    () => whole,
    () => sharpened(whole),
    () => (factor > 1 ? enlarged(whole, factor) : drawn(picture, fit, "contrast(1.6)")),
    () => drawn(picture, fit, "blur(1px) contrast(1.4)"),
    () => drawn(picture, fit / 2, "none"),
  ];
  for (const made of tries) {
    const codes = found(await readBarcodes(made(), OPTIONS));
    if (codes.length > 0) return codes;
  }
  return [];
}

/** @param {ImageBitmap} picture @param {number} scale @param {string} filter */
function drawn(picture, scale, filter) {
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("no canvas");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.filter = filter;
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** @param {{ isValid: boolean, bytes: Uint8Array }[]} results */
function found(results) {
  return results.filter((result) => result.isValid).map((result) => result.bytes);
}
