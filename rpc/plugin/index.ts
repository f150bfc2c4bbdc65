/**
 * The Bun plugin behind `import { GreeterContract } from './greeter.proto'`. It parses the file, checks it and gives
 * back a JavaScript module; nothing is written to disk and no other program is called. The same plugin serves
 * `Bun.plugin` (run and test) and `Bun.build` (bundles and executables, which need no plugin when they run).
 */
import type { BunPlugin } from 'bun'
import type { ProtoLoaderOptions } from '../proto/load.ts'
import { watchForEdits } from './watch.ts'

export function protoPlugin(options: ProtoLoaderOptions = {}): BunPlugin {
  return {
    name: 'justscale-proto',
    setup(build) {
      const bundling = build.config !== undefined
      build.onLoad({ filter: /\.proto$/ }, async ({ path }) => {
        if (!bundling) watchForEdits(path)
        // Loaded with the first .proto file: a program without one does not pay for the parser.
        const { createProtoLoader } = await import('../proto/load.ts')
        const { emitModule } = await import('../emit/emit-module.ts')
        return { contents: emitModule(createProtoLoader(options).load(path)), loader: 'js' }
      })
    },
  }
}

export type { ProtoLoaderOptions }
