# A figure in somebody’s page, by the tag <smm-lab>.
embed-unknown-scene = シーン「{ $scene }」はありません。使えるシーン: { $known }。
