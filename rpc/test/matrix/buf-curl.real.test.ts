/** `buf curl` against our server, cell by cell, in each of its protocols. */
import { bufCurl } from './buf-curl.ts'
import { describeMatrix } from './cells.ts'
import { serveGreeter } from './served.ts'

for (const protocol of ['grpc', 'grpcweb', 'connect'] as const) describeMatrix(bufCurl(protocol), serveGreeter)
