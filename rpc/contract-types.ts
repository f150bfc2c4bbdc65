/** The message types that `google.protobuf.Any` may hold where it is JSON: those of the files of services and their imports. */
import { createRegistry, type DescFile, type DescService, type Registry } from '@bufbuild/protobuf'

export function typesOf(services: Iterable<DescService>): Registry {
  const files = new Set<DescFile>()
  const add = (file: DescFile): void => {
    if (files.has(file)) return
    files.add(file)
    file.dependencies.forEach(add)
  }
  for (const service of services) add(service.file)
  return createRegistry(...files)
}
