/** What Django's template says about this page, in a JSON script element. */

export interface Boot {
  city: string
  cities: { code: string; name: string }[]
  user: { id: number; name: string }
  urls: { board: string; login: string; logout: string; map: string }
}

export function readBoot(): Boot {
  const element = document.getElementById('board-boot')
  if (element === null) throw new Error('the template has no #board-boot')
  return JSON.parse(element.textContent ?? '') as Boot
}
