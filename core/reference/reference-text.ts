/** What text may be a storage key: looked at before any storage is asked. */

/** The longest key: longer text is malformed whatever the storage. */
const LONGEST_KEY = 255

/** True for text that may be a key: printable, without spaces, at most 255 characters. */
export function isReferenceText(text: string): boolean {
  return text.length > 0 && text.length <= LONGEST_KEY && /^[\x21-\x7e]+$/.test(text)
}
