/**
 * Writes the types of .proto files beside them: `greeter.proto` gets `greeter.d.proto.ts`, which TypeScript reads for
 * `import ... from './greeter.proto'` (with `allowArbitraryExtensions`). Nothing needs these files at run time.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createProtoLoader, type ProtoLoaderOptions } from '../proto/load.ts'
import { emitTypes } from './emit-types.ts'

export interface ProtoTypesResult {
  /** Absolute path of the .proto file. */
  readonly proto: string
  /** Absolute path of its types. */
  readonly types: string
  readonly changed: boolean
}

export interface WriteProtoTypesOptions extends ProtoLoaderOptions {
  /** Write nothing; `changed` then says which files are out of date. */
  readonly check?: boolean
}

/** For every .proto file under `folder`, dependencies and hidden folders left out. Throws ProtoSyntaxError, ProtoImportError. */
export function writeProtoTypes(folder: string, options: WriteProtoTypesOptions = {}): ProtoTypesResult[] {
  const loader = createProtoLoader(options)
  const paths = [...new Bun.Glob('**/*.proto').scanSync({ cwd: resolve(folder), dot: false })]
  const own = paths.filter((path) => !path.split('/').includes('node_modules')).toSorted()
  return own.map((path) => {
    const proto = join(resolve(folder), path)
    const types = proto.replace(/\.proto$/, '.d.proto.ts')
    const text = emitTypes(loader.load(proto))
    const changed = !existsSync(types) || readFileSync(types, 'utf8') !== text
    if (changed && options.check !== true) writeFileSync(types, text)
    return { proto, types, changed }
  })
}
