/** The files that every proto can import without having them: protobuf's own, and ours with the options of JustScale. */
import type { DescFile } from '@bufbuild/protobuf'
import * as wkt from '@bufbuild/protobuf/wkt'
import { justscaleOptions } from '../controller/ref-option.ts'

export interface WellKnownFile {
  /** What the file is called in a module that imports `@justscale/rpc/runtime`. */
  readonly expression: string
  readonly file: DescFile
}

const files = new Map<string, WellKnownFile>([
  [justscaleOptions.proto.name, { expression: 'justscaleOptions', file: justscaleOptions }],
])
for (const [exportName, value] of Object.entries(wkt)) {
  if (isFile(value)) files.set(value.proto.name, { expression: `wkt.${exportName}`, file: value })
}

/** `google/protobuf/timestamp.proto` and its like; undefined for every other path. */
export function wellKnownFile(importPath: string): WellKnownFile | undefined {
  return files.get(importPath)
}

function isFile(value: unknown): value is DescFile {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file'
}
