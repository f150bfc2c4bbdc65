/** What text may be a storage key: looked at before any storage is asked. */

/** The longest key: longer text is malformed whatever the storage. */
const LONGEST_KEY = 255

/** True for text that may be a key: printable, without spaces, at most 255 characters. */
export function isReferenceText(text: string): boolean {
  return text.length > 0 && text.length <= LONGEST_KEY && /^[\x21-\x7e]+$/.test(text)
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** True for text that is a key of storages whose keys are UUIDs. */
export function isStorageKey(text: string): boolean {
  return uuid.test(text)
}
