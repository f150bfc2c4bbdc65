/** The types of a file in the order in which they are exported, and the names they get in JavaScript. */
import type { DescEnum, DescExtension, DescFile, DescMessage, DescService } from '@bufbuild/protobuf'

export type ExportedType = DescEnum | DescExtension | DescMessage | DescService

/** Every type declared in the file; entries of maps are not types of their own. */
export function exportedTypes(file: DescFile): ExportedType[] {
  const nested = (message: DescMessage): ExportedType[] => [
    message,
    ...message.nestedMessages.filter(isType).flatMap(nested),
    ...message.nestedEnums,
    ...message.nestedExtensions,
  ]
  return [...file.messages.flatMap(nested), ...file.enums, ...file.extensions, ...file.services]
}

function isType(message: DescMessage): boolean {
  return message.proto.options?.mapEntry !== true
}

const reserved = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for function ' +
    'if import in instanceof new null return super switch this throw true try typeof var void while with yield let static ' +
    'implements interface package private protected public await async any bigint boolean number object string symbol ' +
    'undefined unknown never Object Array String Number Boolean Record Message protoFile ' +
    // What the generated types and modules use themselves.
    'Uint8Array Promise Map GenEnum GenExtension GenFile GenMessage JsonObject RefText RpcContract wkt enumDesc extDesc ' +
    'fileDesc justscaleOptions messageDesc rpcContract serviceDesc tsEnum eval arguments'
  ).split(' '),
)

/** `Outer.Inner` becomes `Outer_Inner`; a name that JavaScript keeps for itself gets a `$`. */
export function localName(type: ExportedType): string {
  const prefix = type.file.proto.package === '' ? 0 : type.file.proto.package.length + 1
  const name = type.typeName.slice(prefix).replaceAll('.', '_')
  return reserved.has(name) ? `${name}$` : name
}
