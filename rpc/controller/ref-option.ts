/** The option `(justscale.ref)` of justscale/options.proto, which every proto can import. */
import type { GenExtension } from '@bufbuild/protobuf/codegenv2'
import { extDesc, fileDesc } from '@bufbuild/protobuf/codegenv2'
import { file_google_protobuf_descriptor, type FieldOptions } from '@bufbuild/protobuf/wkt'

/** The file, embedded as modules of .proto files embed theirs. */
export const justscaleOptions = fileDesc(
  'ChdqdXN0c2NhbGUvb3B0aW9ucy5wcm90bxIJanVzdHNjYWxlOjEKA3JlZhIdLmdvb2dsZS5wcm90b2J1Zi5GaWVsZE9wdGlvbnMYoJYDIAEoCVIDcmVmYgZwcm90bzM',
  [file_google_protobuf_descriptor],
)

/** On a string field: the name of the model that the text refers to. */
export const refOption: GenExtension<FieldOptions, string> = extDesc(justscaleOptions, 0)
