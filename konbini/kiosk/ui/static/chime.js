// "Take your card", "take your paper": two soft notes, again and again until the page says nothing more.
const NOTES = { "take-card": [659.3, 880], "take-paper": [784, 659.3] };
const EVERY = 2200;
let context;
let timer;
let playing;

function note(frequency, start) {
  const tone = new OscillatorNode(context, { frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, start).linearRampToValueAtTime(0.2, start + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + 1);
}

export function beep(frequency) {
  context ??= new AudioContext();
  context.resume();
  note(frequency, context.currentTime);
}

export function chime(name) {
  if (name === playing) return;
  playing = name;
  clearInterval(timer);
  if (!NOTES[name]) return;
  context ??= new AudioContext();
  const play = () => {
    context.resume();
    NOTES[name].forEach((each, index) => note(each, context.currentTime + index * 0.35));
  };
  play();
  timer = setInterval(play, EVERY);
}
