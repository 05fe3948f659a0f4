/** What Django's template says about this page, in a JSON script element. */

/** What is not everybody's duty, as web/accounts/duties.py names it; what may be asked of an order now, it says itself. */
export type Duty =
  | 'orders.command_order'
  | 'orders.handle_alarm'
  | 'orders.write_message'
  | 'ledger.review_withdrawal'
  | 'ledger.pay_compensation'
  | `payments.retry_${'payment' | 'refund' | 'payout'}`

/** may: what this member of staff may do of it. */
export interface Boot {
  city: string
  cities: { code: string; name: string }[]
  user: { id: number; name: string }
  may: Duty[]
  urls: { board: string; login: string; logout: string; map: string }
}

export function readBoot(): Boot {
  const element = document.getElementById('board-boot')
  if (element === null) throw new Error('the template has no #board-boot')
  return JSON.parse(element.textContent ?? '') as Boot
}
