/**
 * Kills the server again and again at random moments while campaigns run, for `MINUTES` (default 10), and checks each
 * campaign when it ended: `bun run soak crowdfunding`. Prints kills, campaigns and disagreements.
 */
import { Stage } from './stage.ts'

const minutes = Number(process.env.MINUTES ?? 10)
const end = Date.now() + minutes * 60_000
const stage = await Stage.open()
let kills = 0
let campaigns = 0
const wrong: string[] = []

while (Date.now() < end && wrong.length === 0) {
  const campaign = await stage.shop.campaign(50)
  const pledges: string[] = []
  for (let count = 0; count < 5; count++) pledges.push(await stage.shop.pledge(campaign, 10))
  for (let round = 0; round < 3; round++) {
    await Bun.sleep(Math.random() * 150)
    await stage.killServer()
    kills++
    await stage.startServer()
  }
  await stage.ended(campaign, 'completed')
  campaigns++
  wrong.push(...(await stage.disagreements(pledges, ['hold', 'charge'])))
}
console.log(`${kills} kills, ${campaigns} campaigns, ${wrong.length} disagreements`)
for (const line of wrong) console.log(line)
await stage.close()
process.exit(wrong.length === 0 ? 0 : 1)
