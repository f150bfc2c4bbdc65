/** The standard reflection services (grpc.reflection.v1 and v1alpha), with which tools read the contracts of a server. */
import {
  create,
  createFileRegistry,
  createRegistry,
  toBinary,
  type DescFile,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf'
import { clone } from '@bufbuild/protobuf'
import { fileDesc } from '@bufbuild/protobuf/codegenv2'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code, type ConnectRouter, type MethodImpl } from '@connectrpc/connect'
import type { DescMethod } from '@bufbuild/protobuf'

/** proto-library/grpc/reflection/v1/reflection.proto, embedded. */
export const reflectionFile = fileDesc(
  'CiNncnBjL3JlZmxlY3Rpb24vdjEvcmVmbGVjdGlvbi5wcm90bxISZ3JwYy5yZWZsZWN0aW9uLnYxIoUCChdTZXJ2ZXJSZWZsZWN0' +
    'aW9uUmVxdWVzdBIMCgRob3N0GAEgASgJEhoKEGZpbGVfYnlfZmlsZW5hbWUYAyABKAlIABIgChZmaWxlX2NvbnRhaW5pbmdfc3lt' +
    'Ym9sGAQgASgJSAASSQoZZmlsZV9jb250YWluaW5nX2V4dGVuc2lvbhgFIAEoCzIkLmdycGMucmVmbGVjdGlvbi52MS5FeHRlbnNp' +
    'b25SZXF1ZXN0SAASJwodYWxsX2V4dGVuc2lvbl9udW1iZXJzX29mX3R5cGUYBiABKAlIABIXCg1saXN0X3NlcnZpY2VzGAcgASgJ' +
    'SABCEQoPbWVzc2FnZV9yZXF1ZXN0IkUKEEV4dGVuc2lvblJlcXVlc3QSFwoPY29udGFpbmluZ190eXBlGAEgASgJEhgKEGV4dGVu' +
    'c2lvbl9udW1iZXIYAiABKAUiuAMKGFNlcnZlclJlZmxlY3Rpb25SZXNwb25zZRISCgp2YWxpZF9ob3N0GAEgASgJEkUKEG9yaWdp' +
    'bmFsX3JlcXVlc3QYAiABKAsyKy5ncnBjLnJlZmxlY3Rpb24udjEuU2VydmVyUmVmbGVjdGlvblJlcXVlc3QSTgoYZmlsZV9kZXNj' +
    'cmlwdG9yX3Jlc3BvbnNlGAQgASgLMiouZ3JwYy5yZWZsZWN0aW9uLnYxLkZpbGVEZXNjcmlwdG9yUmVzcG9uc2VIABJVCh5hbGxf' +
    'ZXh0ZW5zaW9uX251bWJlcnNfcmVzcG9uc2UYBSABKAsyKy5ncnBjLnJlZmxlY3Rpb24udjEuRXh0ZW5zaW9uTnVtYmVyUmVzcG9u' +
    'c2VIABJJChZsaXN0X3NlcnZpY2VzX3Jlc3BvbnNlGAYgASgLMicuZ3JwYy5yZWZsZWN0aW9uLnYxLkxpc3RTZXJ2aWNlUmVzcG9u' +
    'c2VIABI7Cg5lcnJvcl9yZXNwb25zZRgHIAEoCzIhLmdycGMucmVmbGVjdGlvbi52MS5FcnJvclJlc3BvbnNlSABCEgoQbWVzc2Fn' +
    'ZV9yZXNwb25zZSI3ChZGaWxlRGVzY3JpcHRvclJlc3BvbnNlEh0KFWZpbGVfZGVzY3JpcHRvcl9wcm90bxgBIAMoDCJLChdFeHRl' +
    'bnNpb25OdW1iZXJSZXNwb25zZRIWCg5iYXNlX3R5cGVfbmFtZRgBIAEoCRIYChBleHRlbnNpb25fbnVtYmVyGAIgAygFIksKE0xp' +
    'c3RTZXJ2aWNlUmVzcG9uc2USNAoHc2VydmljZRgBIAMoCzIjLmdycGMucmVmbGVjdGlvbi52MS5TZXJ2aWNlUmVzcG9uc2UiHwoP' +
    'U2VydmljZVJlc3BvbnNlEgwKBG5hbWUYASABKAkiOgoNRXJyb3JSZXNwb25zZRISCgplcnJvcl9jb2RlGAEgASgFEhUKDWVycm9y' +
    'X21lc3NhZ2UYAiABKAkyiQEKEFNlcnZlclJlZmxlY3Rpb24SdQoUU2VydmVyUmVmbGVjdGlvbkluZm8SKy5ncnBjLnJlZmxlY3Rp' +
    'b24udjEuU2VydmVyUmVmbGVjdGlvblJlcXVlc3QaLC5ncnBjLnJlZmxlY3Rpb24udjEuU2VydmVyUmVmbGVjdGlvblJlc3BvbnNl' +
    'KAEwAWIGcHJvdG8z',
)

export interface ReflectionService {
  mount(router: ConnectRouter): void
}

interface Request {
  readonly host: string
  readonly messageRequest: { readonly case: string | undefined; readonly value?: unknown }
}

type Answer = { readonly case: string; readonly value: object }

/** One service per version of the protocol. They describe `services` and themselves. */
export function reflectionServices(services: ReadonlyMap<string, DescService>): ReflectionService[] {
  const versions = [reflectionFile, alphaFile()].flatMap((file) => file.services)
  const described = new Map(services)
  for (const version of versions) described.set(version.typeName, version)
  const index = new FileIndex(described)
  return versions.map((service) => ({
    mount(router) {
      for (const method of service.methods) router.rpc<DescMethod>(method, reflect(index, method))
    },
  }))
}

/** The same messages under the older package name, for tools that know only that. */
function alphaFile(): DescFile {
  const rename = (name: string) => name.replace('grpc.reflection.v1', 'grpc.reflection.v1alpha')
  const proto = clone(FileDescriptorProtoSchema, reflectionFile.proto)
  proto.name = proto.name.replace('/v1/', '/v1alpha/')
  proto.package = rename(proto.package)
  for (const message of proto.messageType) {
    for (const field of message.field) if (field.typeName !== '') field.typeName = rename(field.typeName)
  }
  for (const method of proto.service.flatMap((service) => service.method)) {
    method.inputType = rename(method.inputType)
    method.outputType = rename(method.outputType)
  }
  const file = createFileRegistry(proto, () => undefined).getFile(proto.name)
  if (file === undefined) throw new Error('the reflection service of version v1alpha could not be made')
  return file
}

function reflect(index: FileIndex, method: DescMethod): MethodImpl<DescMethod> {
  const schema: DescMessage = method.output
  const implementation = async function* (requests: AsyncIterable<object>) {
    for await (const request of requests) {
      const { host, messageRequest } = request as Request
      yield create(schema, { validHost: host, originalRequest: request, messageResponse: index.answer(messageRequest) })
    }
  }
  return implementation as unknown as MethodImpl<DescMethod>
}

/** Every file that the services need, and what is in it. */
class FileIndex {
  readonly #services: readonly string[]
  readonly #files = new Map<string, DescFile>()
  readonly #registry

  constructor(services: ReadonlyMap<string, DescService>) {
    this.#services = [...services.keys()]
    for (const service of services.values()) this.#add(service.file)
    this.#registry = createRegistry(...this.#files.values())
  }

  answer(request: Request['messageRequest']): Answer {
    const value = request.value
    switch (request.case) {
      case 'listServices':
        return { case: 'listServicesResponse', value: { service: this.#services.map((name) => ({ name })) } }
      case 'fileByFilename':
        return this.#closure(this.#files.get(String(value)), String(value))
      case 'fileContainingSymbol':
        return this.#closure(this.#fileOf(String(value)), String(value))
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = value as { containingType: string; extensionNumber: number }
        const extendee = this.#registry.getMessage(containingType)
        const extension = extendee === undefined ? undefined : this.#registry.getExtensionFor(extendee, extensionNumber)
        return this.#closure(extension?.file, `${containingType} ${extensionNumber}`)
      }
      case 'allExtensionNumbersOfType':
        return this.#extensionsOf(String(value))
      default:
        return failure(Code.InvalidArgument, 'the request asks for nothing')
    }
  }

  #add(file: DescFile): void {
    if (this.#files.has(file.proto.name)) return
    this.#files.set(file.proto.name, file)
    for (const dependency of file.dependencies) this.#add(dependency)
  }

  /** The file of a type, or of the member that the last part of the name may be. */
  #fileOf(name: string): DescFile | undefined {
    const outer = name.slice(0, Math.max(name.lastIndexOf('.'), 0))
    return (this.#registry.get(name) ?? this.#registry.get(outer))?.file
  }

  #closure(file: DescFile | undefined, name: string): Answer {
    if (file === undefined) return failure(Code.NotFound, `there is no "${name}" here`)
    const found = new Set<DescFile>()
    const add = (one: DescFile): void => {
      if (found.has(one)) return
      found.add(one)
      one.dependencies.forEach(add)
    }
    add(file)
    const bytes = [...found].map((one) => toBinary(FileDescriptorProtoSchema, one.proto))
    return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: bytes } }
  }

  #extensionsOf(typeName: string): Answer {
    if (this.#registry.getMessage(typeName) === undefined)
      return failure(Code.NotFound, `there is no message "${typeName}"`)
    const numbers: number[] = []
    for (const type of this.#registry) {
      if (type.kind === 'extension' && type.extendee.typeName === typeName) numbers.push(type.number)
    }
    return { case: 'allExtensionNumbersResponse', value: { baseTypeName: typeName, extensionNumber: numbers } }
  }
}

function failure(code: Code, message: string): Answer {
  return { case: 'errorResponse', value: { errorCode: code, errorMessage: message } }
}
