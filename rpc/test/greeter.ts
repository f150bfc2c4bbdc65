/** The contract that the tests implement, imported the way an application imports it. */
import '../plugin/register.ts'

export const { GreeterContract, HelloReplySchema, HelloRequestSchema, HelloSummarySchema } =
  await import('../fixtures/greeter.proto')
