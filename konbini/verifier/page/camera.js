// The camera: looks at one frame after another until told to stop. Pictures stay in memory and are gone with the next.

import { codesInFrame } from "./codes.js";

const BETWEEN_MS = 120;
const WANTED = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } };

export class Camera {
  /** @param {HTMLVideoElement} video @param {(codes: Uint8Array[]) => void} told */
  constructor(video, told) {
    this.video = video;
    this.told = told;
    /** @type {MediaStream | null} */
    this.stream = null;
  }

  get isRunning() {
    return this.stream !== null;
  }

  /** Ask for the camera and begin; fails where there is none or it is not allowed. */
  async start() {
    this.stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
    this.video.srcObject = this.stream;
    await this.video.play();
    void this.look();
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  async look() {
    const canvas = new OffscreenCanvas(1, 1);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    while (this.isRunning && context !== null) {
      const { videoWidth: width, videoHeight: height } = this.video;
      if (width > 0 && height > 0) {
        if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
        context.drawImage(this.video, 0, 0, width, height);
        const codes = await codesInFrame(context.getImageData(0, 0, width, height));
        if (codes.length > 0 && this.isRunning) this.told(codes);
      }
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }
}
