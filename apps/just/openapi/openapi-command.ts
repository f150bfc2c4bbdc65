/** `just openapi`: the document that the app serves, for files, generators and checks in CI. */
import { buildDocument, mountRoutes, OpenApi } from '@justscale/http'
import { defineCommand } from 'citty'
import { appArguments, prepareApp } from '../app/load-app.ts'
import { MisuseError } from '../program/misuse-error.ts'
import { print } from '../program/print.ts'

export const openapiCommand = defineCommand({
  meta: { name: 'openapi', description: 'Write the OpenAPI document of the app' },
  args: {
    entry: appArguments.entry,
    env: appArguments.env,
    out: { type: 'string', description: 'File to write (default: the standard output)' },
    check: { type: 'string', description: 'Write nothing; fail when this file is another document' },
  },
  async run({ args }) {
    const app = await prepareApp(args.entry, args.env)
    const document = app.container.has(OpenApi)
      ? await (await app.container.resolve(OpenApi)).document()
      : buildDocument(await mountRoutes(app), { title: app.name, version: '1.0.0' })
    const text = `${JSON.stringify(document, null, 2)}\n`
    if (args.check !== undefined) await check(args.check, text)
    else if (args.out === undefined) await print(text)
    else await Bun.write(args.out, text)
  },
})

async function check(path: string, text: string): Promise<void> {
  const file = Bun.file(path)
  if (!(await file.exists())) throw new MisuseError(`There is no ${path}`, `Write it with: just openapi --out ${path}`)
  if ((await file.text()) === text) return print(`${path} is the app's document.`)
  console.error(`${path} is not the app's document any more. Write it with: just openapi --out ${path}`)
  process.exitCode = 1
}
