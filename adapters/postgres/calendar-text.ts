/**
 * Points in time and dates as the server writes them. Years of four digits are ISO text on both sides; the server counts
 * others without a sign, and those before the year 1 backwards, with `BC` at the end.
 */

/** ISO text of a `Temporal.Instant` or `PlainDate`, for the server. */
export function toServerText(iso: string): string {
  const parts = /^([+-]\d{6}|0000)(.*)$/.exec(iso)
  if (!parts) return iso
  const year = Number(parts[1])
  const rest = parts[2] ?? ''
  return year > 0 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`
}

/** The server's text as ISO text. */
export function fromServerText(text: string): string {
  if (text[4] === '-' && !text.endsWith('C')) return text
  const parts = /^(\d+)(.*?)( BC)?$/.exec(text)
  if (!parts) return text
  const year = parts[3] ? 1 - Number(parts[1]) : Number(parts[1])
  const digits = String(Math.abs(year)).padStart(6, '0')
  return `${year < 0 ? '-' : '+'}${digits}${parts[2] ?? ''}`
}
