/** Which environment an app runs in. */

/** `JUSTSCALE_ENV`, else `test` under a test runner, else `production` if `NODE_ENV` says so, else `development`. */
export function environmentName(variables: Readonly<Record<string, string | undefined>>): string {
  if (variables['JUSTSCALE_ENV']) return variables['JUSTSCALE_ENV']
  const node = variables['NODE_ENV']
  return node === 'test' || node === 'production' ? node : 'development'
}
