/** The entry file of an executable: the app with the environments that it was built with. */

/** `environments` are paths by name. The environment is `production` unless `JUSTSCALE_ENV` says otherwise. */
export function programText(entry: string, environments: Readonly<Record<string, string>>): string {
  const modules = Object.entries(environments).map(
    ([name, path]) => `  ${JSON.stringify(name)}: () => import(${JSON.stringify(path)}),`,
  )
  return `import app from ${JSON.stringify(entry)}

process.env.JUSTSCALE_ENV ||= 'production'
const environments = {
${modules.join('\n')}
}
process.exit(await app.main({ environments }))
`
}
