// Two ways to make a soft or small picture readable: an unsharp mask, and enlarging with Lanczos' kernel, which canvas
// does not have. Both work on grey.

const REACH = 3;

/** @typedef {{ width: number, height: number, values: Float32Array }} Grey */

/** @param {ImageData} image @returns {Grey} */
function grey({ width, height, data }) {
  const values = new Float32Array(width * height);
  for (let index = 0; index < values.length; index += 1) {
    values[index] = 0.299 * data[4 * index] + 0.587 * data[4 * index + 1] + 0.114 * data[4 * index + 2];
  }
  return { width, height, values };
}

/** @param {Grey} picture */
function toImage({ width, height, values }) {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let index = 0; index < values.length; index += 1) {
    data.fill(values[index], 4 * index, 4 * index + 3);
    data[4 * index + 3] = 255;
  }
  return new ImageData(data, width, height);
}

/** @param {number} distance */
function lanczos(distance) {
  if (distance === 0) return 1;
  if (Math.abs(distance) >= REACH) return 0;
  const angle = Math.PI * distance;
  return (REACH * Math.sin(angle) * Math.sin(angle / REACH)) / (angle * angle);
}

/** Weights of the neighbours for each place between two pixels. @param {number} factor */
function weights(factor) {
  return Array.from({ length: factor }, (_, phase) => {
    const middle = (phase + 0.5) / factor - 0.5;
    const first = Math.floor(middle) - REACH + 1;
    const taps = Array.from({ length: 2 * REACH }, (_unused, tap) => lanczos(middle - first - tap));
    const sum = taps.reduce((one, other) => one + other, 0);
    return { first, taps: taps.map((tap) => tap / sum) };
  });
}

/** Enlarge across, and turn, so that doing it twice enlarges both ways. @param {Grey} picture @param {number} factor */
function widenedAndTurned({ width, height, values }, factor) {
  const phases = weights(factor);
  const made = new Float32Array(width * factor * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      for (let phase = 0; phase < factor; phase += 1) {
        const { first, taps } = phases[phase];
        let sum = 0;
        for (let tap = 0; tap < taps.length; tap += 1) {
          const place = Math.min(width - 1, Math.max(0, column + first + tap));
          sum += taps[tap] * values[row * width + place];
        }
        made[(column * factor + phase) * height + row] = sum;
      }
    }
  }
  return { width: height, height: width * factor, values: made };
}

/**
 * Enlarge by a whole number.
 * @param {ImageData} image
 * @param {number} factor
 */
export function enlarged(image, factor) {
  return toImage(widenedAndTurned(widenedAndTurned(grey(image), factor), factor));
}

/**
 * Sharpen: take away what a blur of five by five pixels leaves.
 * @param {ImageData} image
 */
export function sharpened(image) {
  const { width, height, values } = grey(image);
  const made = new Float32Array(values);
  for (let row = 2; row < height - 2; row += 1) {
    for (let column = 2; column < width - 2; column += 1) {
      const place = row * width + column;
      let sum = 0;
      for (let down = -2; down <= 2; down += 1) {
        const start = place + down * width;
        sum += values[start - 2] + values[start - 1] + values[start] + values[start + 1] + values[start + 2];
      }
      made[place] = values[place] + 1.5 * (values[place] - sum / 25);
    }
  }
  return toImage({ width, height, values: made });
}
