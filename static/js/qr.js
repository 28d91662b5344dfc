/*
 * Draws QR codes (ISO/IEC 18004) on the device: window.KoubaQr(text) gives rows of booleans, quiet zone not included.
 *
 * For the rotating display, which must make its codes without a signal. Level Q, versions 1 to 10, the text as bytes;
 * that holds 151 letters. Throws RangeError for more.
 */
(() => {
  "use strict";

  /* Level Q for each version: codewords of correction in a block, then [blocks, codewords of data in each], twice. */
  const BLOCKS = [
    null,
    [13, [1, 13]],
    [22, [1, 22]],
    [18, [2, 17]],
    [26, [2, 24]],
    [18, [2, 15], [2, 16]],
    [24, [4, 19]],
    [18, [2, 14], [4, 15]],
    [22, [4, 18], [2, 19]],
    [20, [4, 16], [4, 17]],
    [24, [6, 19], [2, 20]],
  ];
  const ALIGNED = [null, [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
  const LEVEL_Q = 3;

  /* --- the field of 256, in which the correction is reckoned ------------------------------------------------- */

  const power = new Uint8Array(512);
  const log = new Uint8Array(256);
  for (let at = 0, value = 1; at < 255; at += 1) {
    power[at] = power[at + 255] = value;
    log[value] = at;
    value = value & 128 ? (value << 1) ^ 0x11d : value << 1;
  }
  const times = (one, other) => (one && other ? power[log[one] + log[other]] : 0);

  const generator = (degree) => {
    let made = [1];
    for (let at = 0; at < degree; at += 1) {
      const next = [...made, 0];
      made.forEach((factor, place) => {
        next[place + 1] ^= times(factor, power[at]);
      });
      made = next;
    }
    return made;
  };

  const correction = (data, degree) => {
    const by = generator(degree);
    const rest = [...data, ...new Array(degree).fill(0)];
    for (let at = 0; at < data.length; at += 1) {
      const factor = rest[at];
      if (factor) by.forEach((value, place) => (rest[at + place] ^= times(value, factor)));
    }
    return rest.slice(data.length);
  };

  /* --- the codewords ------------------------------------------------------------------------------------------ */

  const room = (version) => BLOCKS[version].slice(1).reduce((sum, [count, length]) => sum + count * length, 0);

  const codewords = (bytes, version) => {
    const bits = [];
    const put = (value, length) => {
      for (let at = length - 1; at >= 0; at -= 1) bits.push((value >>> at) & 1);
    };
    put(4, 4);
    put(bytes.length, version < 10 ? 8 : 16);
    for (const byte of bytes) put(byte, 8);
    const capacity = room(version) * 8;
    put(0, Math.min(4, capacity - bits.length));
    while (bits.length % 8) bits.push(0);
    const words = [];
    for (let at = 0; at < bits.length; at += 8) words.push(parseInt(bits.slice(at, at + 8).join(""), 2));
    for (let pad = 0xec; words.length < capacity / 8; pad ^= 0xec ^ 0x11) words.push(pad);
    return words;
  };

  const interleaved = (words, version) => {
    const [degree, ...groups] = BLOCKS[version];
    const data = [];
    let at = 0;
    for (const [count, length] of groups)
      for (let block = 0; block < count; block += 1, at += length) data.push(words.slice(at, at + length));
    const corrections = data.map((block) => correction(block, degree));
    const out = [];
    for (const part of [data, corrections]) {
      const longest = Math.max(...part.map((block) => block.length));
      for (let place = 0; place < longest; place += 1)
        for (const block of part) if (place < block.length) out.push(block[place]);
    }
    return out;
  };

  /* --- the square --------------------------------------------------------------------------------------------- */

  const remainder = (value, length, divisor) => {
    let rest = value << length;
    const top = 32 - Math.clz32(divisor);
    while (32 - Math.clz32(rest) >= top) rest ^= divisor << (32 - Math.clz32(rest) - top);
    return rest;
  };

  const frame = (version) => {
    const side = 17 + 4 * version;
    const dark = Array.from({ length: side }, () => new Array(side).fill(false));
    const fixed = Array.from({ length: side }, () => new Array(side).fill(false));
    const set = (row, column, value) => {
      if (row < 0 || column < 0 || row >= side || column >= side) return;
      dark[row][column] = value;
      fixed[row][column] = true;
    };
    for (const [top, left] of [[0, 0], [0, side - 7], [side - 7, 0]])
      for (let row = -1; row < 8; row += 1)
        for (let column = -1; column < 8; column += 1) {
          const ring = Math.max(Math.abs(row - 3), Math.abs(column - 3));
          set(top + row, left + column, ring !== 2 && ring < 4);
        }
    for (const row of ALIGNED[version])
      for (const column of ALIGNED[version]) {
        if (fixed[row][column]) continue;
        for (let down = -2; down < 3; down += 1)
          for (let across = -2; across < 3; across += 1)
            set(row + down, column + across, Math.max(Math.abs(down), Math.abs(across)) !== 1);
      }
    for (let at = 8; at < side - 8; at += 1) {
      set(6, at, at % 2 === 0);
      set(at, 6, at % 2 === 0);
    }
    if (version > 6) {
      const bits = (version << 12) | remainder(version, 12, 0x1f25);
      for (let at = 0; at < 18; at += 1) {
        const [far, near] = [side - 11 + (at % 3), Math.floor(at / 3)];
        set(far, near, ((bits >> at) & 1) === 1);
        set(near, far, ((bits >> at) & 1) === 1);
      }
    }
    return { side, dark, fixed, set };
  };

  const writeFormat = ({ side, set }, mask) => {
    const plain = (LEVEL_Q << 3) | mask;
    const bits = ((plain << 10) | remainder(plain, 10, 0x537)) ^ 0x5412;
    const bit = (at) => ((bits >> at) & 1) === 1;
    for (let at = 0; at < 15; at += 1) {
      const [row, column] = at < 6 ? [at, 8] : at < 8 ? [at + 1, 8] : at === 8 ? [8, 7] : [8, 14 - at];
      set(row, column, bit(at));
      if (at < 8) set(8, side - 1 - at, bit(at));
      else set(side - 15 + at, 8, bit(at));
    }
    set(side - 8, 8, true);
  };

  const fill = ({ side, dark, fixed }, words) => {
    let at = 0;
    for (let right = side - 1; right > 0; right -= 2) {
      if (right === 6) right = 5;
      const up = ((right + 1) & 2) === 0;
      for (let step = 0; step < side; step += 1)
        for (const column of [right, right - 1]) {
          const row = up ? side - 1 - step : step;
          if (fixed[row][column]) continue;
          dark[row][column] = at < words.length * 8 && ((words[at >> 3] >> (7 - (at & 7))) & 1) === 1;
          at += 1;
        }
    }
  };

  const MASKS = [
    (row, column) => (row + column) % 2 === 0,
    (row) => row % 2 === 0,
    (row, column) => column % 3 === 0,
    (row, column) => (row + column) % 3 === 0,
    (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
    (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
    (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
    (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
  ];

  const turn = ({ side, dark, fixed }, mask) => {
    for (let row = 0; row < side; row += 1)
      for (let column = 0; column < side; column += 1)
        if (!fixed[row][column] && MASKS[mask](row, column)) dark[row][column] = !dark[row][column];
  };

  /* How hard a square is to read: long runs, full squares, an uneven share of dark. */
  const penalty = ({ side, dark }) => {
    let sum = 0;
    let count = 0;
    for (const look of [(one, other) => dark[one][other], (one, other) => dark[other][one]])
      for (let one = 0; one < side; one += 1) {
        let run = 1;
        for (let other = 1; other <= side; other += 1) {
          if (other < side && look(one, other) === look(one, other - 1)) run += 1;
          else {
            if (run > 4) sum += run - 2;
            run = 1;
          }
        }
      }
    for (let row = 0; row < side; row += 1)
      for (let column = 0; column < side; column += 1) {
        count += dark[row][column];
        if (row && column) {
          const same = dark[row][column] === dark[row - 1][column];
          if (same && dark[row][column - 1] === dark[row][column] && dark[row - 1][column - 1] === dark[row][column]) sum += 3;
        }
      }
    return sum + Math.floor(Math.abs((count * 20) / (side * side) - 10)) * 10;
  };

  self.KoubaQr = (text) => {
    const bytes = new TextEncoder().encode(text);
    const version = BLOCKS.findIndex((_, at) => at && bytes.length * 8 + 4 + (at < 10 ? 8 : 16) <= room(at) * 8);
    if (version < 1) throw new RangeError("too long for a QR code of this size");
    const words = interleaved(codewords(bytes, version), version);
    let best = null;
    for (let mask = 0; mask < 8; mask += 1) {
      const square = frame(version);
      writeFormat(square, mask);
      fill(square, words);
      turn(square, mask);
      const points = penalty(square);
      if (!best || points < best.points) best = { points, dark: square.dark };
    }
    return best.dark;
  };
})();
