/** The status codes of gRPC, which Connect and gRPC-Web use as well. */
export const GrpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

export type GrpcStatusName = keyof typeof GrpcStatus
export type GrpcStatus = (typeof GrpcStatus)[GrpcStatusName]

const names = Object.keys(GrpcStatus) as GrpcStatusName[]

/** `NOT_FOUND` for 5; `UNKNOWN` for a number that is no status. */
export function grpcStatusName(code: number): GrpcStatusName {
  return names[code] ?? 'UNKNOWN'
}
