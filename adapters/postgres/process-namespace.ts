/** From an app's name to the schema of its processes, such that it can be written in SQL without quotes. */

/** `order-fulfillment` gives `order_fulfillment`; an app without a name (`app`) gives `justscale`. */
export function processNamespace(appName: string): string {
  if (appName === 'app') return 'justscale'
  const plain = appName.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
  // Schemas of Postgres itself, the one of the app's own tables, and what does not begin as a name does.
  const name =
    plain === 'public' || plain === 'information_schema' || !/^(?!pg_)[a-z_]/.test(plain) ? `app_${plain}` : plain
  return name.slice(0, 63)
}
