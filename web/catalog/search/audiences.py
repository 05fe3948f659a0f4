"""For whom or what a service is: one for somebody in particular comes after those for everybody, unless he is named."""

_AUDIENCES = (
    "小儿 儿童 宝宝 婴儿 婴幼儿 新生儿 幼儿 孩子 小孩 小朋友 娃 胎 儿子 女儿".split(),
    "孕妇 孕期 孕妈 怀孕 产后 产妇 月子 母婴 宝妈 生孩子 生完".split(),
    "老人 长者 老年 养老 爷爷 奶奶 外公 外婆 爸 妈 父母 长辈 瘫痪 卧床".split(),
    "宠物 萌宠 养宠 毛孩子 狗 犬 汪 猫 喵".split(),
    "狗 犬 汪".split(),
    "猫 喵".split(),
    "汽车 车载 车内 车门 车".split(),
    "办公室 办公 企业 公司 写字楼 商用 商铺 门店 单位".split(),
    "店铺 小店 门店 商铺 餐饮 饭店 餐厅 后厨 商用 开店 店里".split(),
    "卧床 瘫痪 床边 病床 病人 住院 躺".split(),
    "新娘 新郎 婚礼 结婚 婚".split(),
    "别墅 排屋 庭院 院子".split(),
    "民宿 短租 客栈".split(),
    "合租 室友".split(),
)


def audiences(text: str) -> frozenset[int]:
    """Of a squeezed text."""
    return frozenset(number for number, words in enumerate(_AUDIENCES) if any(word in text for word in words))
