/** What an engine counts of itself. Counting costs an addition; nothing is kept per process or per path. */
import type { EngineEvent } from '../runtime/event.ts'
import type { CommitAnswer } from '../store/store.ts'
import { Histogram, type HistogramSnapshot, SECONDS, SIZES } from './histogram.ts'

export interface EngineCounters {
  /** Processes taken into memory, and questions to the store for some. */
  turns: number
  claims: number
  /** Calls of host code, with every attempt. */
  steps: number
  retriedSteps: number
  /** Checkpoints stored, those of them that went with a step's own transaction, and those refused. */
  commits: number
  joinedCommits: number
  fencedCommits: number
  flushes: number
  /** Signals emitted here, the inboxes they reached, those that reached none, and those refused for a full inbox. */
  signalsEmitted: number
  signalsAccepted: number
  signalsUnheard: number
  signalsRefused: number
  /** Signals that processes here acted on, that they drained, and that were left when nobody could wait for them any more. */
  signalsDelivered: number
  signalsDrained: number
  signalsDropped: number
  /** Processes started here, whether or not they were there already, and how those that ran here ended. */
  starts: number
  completed: number
  cancelled: number
  failed: number
  quarantined: number
  /** Processes that could not run on this node. */
  unavailable: number
  /** Dead nodes whose work this node took over, and times that it lost its own place. */
  takeovers: number
  lost: number
  scheduleFirings: number
}

export interface MetricsSnapshot {
  readonly counters: Readonly<EngineCounters>
  readonly histograms: {
    /** Checkpoints per flush, and seconds it took. */
    readonly flushSize: HistogramSnapshot
    readonly flushSeconds: HistogramSnapshot
    /** Signals that lay in the inbox of a process as it was loaded. */
    readonly inboxDepth: HistogramSnapshot
    /** Seconds between a timer's due time and the turn that saw it. */
    readonly timerLateness: HistogramSnapshot
  }
  /** Processes in this node's memory now. */
  readonly running: number
}

export class Metrics {
  readonly counters: EngineCounters = {
    turns: 0,
    claims: 0,
    steps: 0,
    retriedSteps: 0,
    commits: 0,
    joinedCommits: 0,
    fencedCommits: 0,
    flushes: 0,
    signalsEmitted: 0,
    signalsAccepted: 0,
    signalsUnheard: 0,
    signalsRefused: 0,
    signalsDelivered: 0,
    signalsDrained: 0,
    signalsDropped: 0,
    starts: 0,
    completed: 0,
    cancelled: 0,
    failed: 0,
    quarantined: 0,
    unavailable: 0,
    takeovers: 0,
    lost: 0,
    scheduleFirings: 0,
  }
  readonly inboxDepth = new Histogram(SIZES)
  readonly timerLateness = new Histogram(SECONDS)
  readonly #flushSize = new Histogram(SIZES)
  readonly #flushSeconds = new Histogram(SECONDS)

  /** A flush was answered. */
  flushed(answers: readonly CommitAnswer[], milliseconds: number): void {
    const { counters } = this
    counters.flushes++
    for (const answer of answers) counters[answer === 'accepted' ? 'commits' : 'fencedCommits']++
    this.#flushSize.record(answers.length)
    this.#flushSeconds.record(milliseconds / 1_000)
  }

  /** A signal was emitted and reached so many inboxes. */
  emitted(reached: number): void {
    const { counters } = this
    counters.signalsEmitted++
    counters.signalsAccepted += reached
    if (reached === 0) counters.signalsUnheard++
  }

  event(event: EngineEvent): void {
    const { counters } = this
    if (event.kind === 'ended') counters[event.status]++
    else if (event.kind === 'retried') counters.retriedSteps++
    else if (event.kind === 'failed' || event.kind === 'quarantined') counters[event.kind]++
    else if (event.kind === 'unavailable' || event.kind === 'lost') counters[event.kind]++
  }

  snapshot(running: number): MetricsSnapshot {
    return {
      counters: { ...this.counters },
      histograms: {
        flushSize: this.#flushSize.snapshot(),
        flushSeconds: this.#flushSeconds.snapshot(),
        inboxDepth: this.inboxDepth.snapshot(),
        timerLateness: this.timerLateness.snapshot(),
      },
      running,
    }
  }
}
