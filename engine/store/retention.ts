/** How long stores keep ended processes when nobody says otherwise: seven days, in milliseconds. */
export const RETENTION = 7 * 24 * 3_600_000
