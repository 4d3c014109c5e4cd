# テキストログの行。データシートの名称はそのまま。
log-key = COM1 に { $byte } が届く
log-held = SMI# なし：{ $source } は抑止された
log-asserted = SMI# アサート
log-released = SMI# ネゲート
log-latched = SMI を RSM までラッチ
log-taken = SMI を受け付け。OS の続きは { $rip }
log-saving = CPU0 が状態を退避
log-entered = { $entry } で SMM に入る、SMI_COUNT = { $count }
log-saved = 退避された { $field } ← { $value }
log-restoring = CPU0 が状態を復元
log-left = { $rip } で OS に復帰
log-denied-read = { $addr } の SMRAM：読み出しはすべて 1
log-denied-write = { $addr } の SMRAM：書き込みは破棄
log-exception = 例外 { $vector }
log-exception-error = 例外 { $vector }、エラーコード { $error }
log-interrupt = 割り込み { $vector }
log-halt = HLT：停止
log-wake = { $by } により再開
log-shutdown = シャットダウン：{ $why }
log-rsm-outside = SMM の外で RSM
log-reset = リセット
log-exit = ゲストが終了、値 { $value }
log-dropped = この前に { $count } 件のイベントが失われた
log-asleep = マシンがスリープ：{ $state }
