/**
 * Prints the JavaScript of a .proto file: the descriptor as base64 and one constant per type. `HelloRequest` becomes
 * `HelloRequestSchema`, an enum `Mood` becomes the object `Mood` and `MoodSchema`, a service `Greeter` becomes
 * `GreeterContract`; nested types join their names with `_`.
 */
import { dirname, relative, sep } from 'node:path'
import { embedFileDesc, pathInFileDesc } from '@bufbuild/protobuf/codegenv2'
import { wellKnownFile } from '../proto/well-known.ts'
import type { LoadedProto } from '../proto/load.ts'
import { exportedTypes, localName } from './exported-type.ts'

export const runtimeModule = '@justscale/rpc/runtime'

export function emitModule(proto: LoadedProto): string {
  const { file } = proto
  const lines: string[] = [
    `import { enumDesc, extDesc, fileDesc, justscaleOptions, messageDesc, rpcContract, serviceDesc, tsEnum, wkt } from '${runtimeModule}'`,
  ]
  const dependencies = proto.imports.map((entry, index) => {
    const wellKnown = entry.path === undefined ? wellKnownFile(entry.importPath) : undefined
    if (wellKnown !== undefined) return wellKnown.expression
    lines.push(
      `import { protoFile as imported${index} } from ${JSON.stringify(importSpecifier(proto.path, entry.path ?? ''))}`,
    )
    return `imported${index}`
  })
  for (const index of file.proto.publicDependency) {
    const path = proto.imports[index]?.path
    if (path !== undefined) lines.push(`export * from ${JSON.stringify(importSpecifier(proto.path, path))}`)
  }
  const embedded = embedFileDesc(file.proto).base64()
  lines.push(`export const protoFile = fileDesc('${embedded}', [${dependencies.join(', ')}])`)
  for (const type of exportedTypes(file)) {
    const place = `protoFile, ${pathInFileDesc(type).join(', ')}`
    const name = localName(type)
    if (type.kind === 'message') lines.push(`export const ${name}Schema = messageDesc(${place})`)
    else if (type.kind === 'extension') lines.push(`export const ${name} = extDesc(${place})`)
    else if (type.kind === 'service') lines.push(`export const ${name}Contract = rpcContract(serviceDesc(${place}))`)
    else {
      lines.push(`export const ${name}Schema = enumDesc(${place})`)
      lines.push(`export const ${name} = tsEnum(${name}Schema)`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** A path from one file to another as an import writes it. */
export function importSpecifier(from: string, to: string): string {
  const path = relative(dirname(from), to).split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
}
