/** What every component of the page may need, provided once by main.ts. */

import { type ComputedRef, inject, type InjectionKey } from 'vue'
import type { Bell } from '@/bell'
import type { Boot, Duty } from '@/boot'
import type { Clock } from '@/clock'
import type { Http } from '@/http'
import type { BoardPlace } from '@/place'
import type { Session } from '@/session'
import type { StaffMoves } from '@/staffMoves'
import type { WorkerRow } from '@/workers'

export interface Board {
  boot: Boot
  http: Http
  clock: Clock
  session: Session
  /** Everybody of the city; computed once for all who show it. */
  roster: ComputedRef<WorkerRow[]>
  place: BoardPlace
  bell: Bell
  moves: StaffMoves
  /** Whether it is the duty of who looks: buttons of others are not shown. */
  may: (duty: Duty) => boolean
}

export const BOARD: InjectionKey<Board> = Symbol('board')

export function useBoard(): Board {
  const board = inject(BOARD)
  if (board === undefined) throw new Error('main.ts did not provide the board')
  return board
}
