/** How large type is: what the person chose here, else what WeChat says that he chose there. 1 to 1.5. */

import { ref } from 'vue'

export const TEXT_SIZES = [
  { name: '标准', scale: 1 },
  { name: '大', scale: 1.2 },
  { name: '特大', scale: 1.4 },
] as const

const PLACE = 'text-size'
const MOST = 1.5

function ofTheSystem(): number {
  let factor = 1
  // #ifdef MP-WEIXIN
  factor = (uni.getAppBaseInfo() as unknown as { fontSizeScaleFactor?: number }).fontSizeScaleFactor ?? 1
  // #endif
  return Math.min(Math.max(factor, 1), MOST)
}

const kept = Number(uni.getStorageSync(PLACE))

export const textSize = ref(kept >= 1 && kept <= MOST ? kept : ofTheSystem())

export function setTextSize(scale: number): void {
  textSize.value = scale
  uni.setStorageSync(PLACE, scale)
}
