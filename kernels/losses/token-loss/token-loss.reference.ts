/**
 * 0, or NaN where one of the numbers is NaN or infinite. Added to what a token gives, it keeps min, max and clamps
 * from hiding such a number: the loss and the slope become NaN.
 */
export const nanUnlessFinite = (...numbers: number[]): number =>
  numbers.every(Number.isFinite) ? 0 : Number.NaN;
