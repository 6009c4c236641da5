// Numbers as people read them. The same decimal units as the server's texts.

const UNITS = ["bytes", "kB", "MB", "GB"];

/**
 * @param {number} count bytes
 * @returns {string} "834 bytes", "4.23 MB"
 */
export function bytes(count) {
  let unit = 0;
  while (count >= 1000 && unit < UNITS.length - 1) {
    count /= 1000;
    unit += 1;
  }
  return `${Number(count.toPrecision(3))} ${UNITS[unit]}`;
}

/**
 * @param {number} seconds
 * @returns {string} "12 s", "3 min", "2 h"
 */
export function roughTime(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/**
 * @param {number} fraction 0 to 1
 * @returns {string} "42 %"; never 100 before it is over
 */
export function percent(fraction) {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;
}

/**
 * @param {number} seconds
 * @returns {string} "0:07", "12:30"
 */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/**
 * @param {number} others
 * @returns {string} "Waiting for 1 other", "Waiting for 12 others"; without any what it waits for then
 */
export function waitingFor(others) {
  if (others === 0) return "Waiting for a free worker";
  return `Waiting for ${others} ${others === 1 ? "other" : "others"}`;
}
