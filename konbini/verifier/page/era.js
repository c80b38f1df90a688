// Days as our papers print them: in the Japanese era, with full-width figures.

const ERAS = [
  ["2019-05-01", "令和", 2018],
  ["1989-01-08", "平成", 1988],
  ["1926-12-25", "昭和", 1925],
  ["1912-07-30", "大正", 1911],
  ["1873-01-01", "明治", 1867],
];
const DAY_MS = 86_400_000;
const LAST_DAY = 2_967_535; // 9999-12-31, counted from 1873-01-01

/**
 * Give a day counted from another.
 * @param {string} first yyyy-mm-dd
 * @param {number} days
 * @returns {string} yyyy-mm-dd
 */
export function dayAfter(first, days) {
  if (!Number.isInteger(days) || days < 0 || days > LAST_DAY) throw new RangeError("a day beyond the calendar");
  return new Date(Date.parse(`${first}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * Write a day in the Japanese era.
 * @param {string} day yyyy-mm-dd
 */
export function inEra(day) {
  for (const [first, name, before] of ERAS) {
    if (day >= String(first)) {
      const [year, month, date] = day.split("-").map(Number);
      const count = year - Number(before);
      return fullWidth(`${name}${count === 1 ? "元" : count}年${month}月${date}日`);
    }
  }
  throw new RangeError("a day before the Gregorian calendar in Japan");
}

/** @param {string} text */
function fullWidth(text) {
  return text.replace(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
}
