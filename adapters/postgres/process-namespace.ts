/** From an app's name to the schema of its processes, such that it can be written in SQL without quotes. */

import { createHash } from 'node:crypto'

/** Letters at most: Postgres cuts longer names off. */
const LONGEST = 63

/**
 * `order-fulfillment` gives `order_fulfillment`; an app without a name (`app`) gives `justscale`. A name that has other signs
 * than Latin letters, digits, spaces and hyphens, or is too long, ends with a hash of it: another such name has another schema.
 */
export function processNamespace(appName: string): string {
  if (appName === 'app') return 'justscale'
  const plain = appName.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
  // Schemas of Postgres itself, the one of the app's own tables, and what does not begin as a name does.
  const name =
    plain === 'public' || plain === 'information_schema' || !/^(?!pg_)[a-z_]/.test(plain) ? `app_${plain}` : plain
  if (name.length <= LONGEST && /^[\w -]*$/.test(appName)) return name
  const hash = createHash('sha256').update(appName).digest('hex').slice(0, 8)
  return `${name.slice(0, LONGEST - hash.length - 1)}_${hash}`
}
