# 演習、章、図。
ways = 次に進む
way-chapter = 章
way-exercise = 演習
way-board = ワークベンチ
minutes = 約{ $count }分
level = レベル { $level }
solved-chip = 解決済み
content-loading = 読み込んでいます…
content-failed = このページを表示できません: { $why }

report = 報告
hints = ヒント
hint-show = ヒントを見る
hint-after = ヒント { $nth } のあと

proof = 実行による証明
proof-on = DEBUG と RELEASE で
prove = ビルドして起動し、証明する
proving = マシンを実行しています…
proof-idle = ボードでイメージを修正してください。その後、両方のビルドを修正した状態で起動し、すべての項目をマシンで確かめます。
proof-stale = この証明の後で修正内容が変わりました。
proof-keep = この結果をファイルに保存
check = 確認項目
check-boots = OS がプロンプトに到達する
check-service = { $driver } がソフトウェア SMI { $value } に応答する
check-locked = SMRAM がロックされている (D_LCK)
check-hidden = OS から SMI ハンドラーを読めない
check-lock-driver = PlatformSmm がロックを要求する
expected = 期待値: { $what }
passed = 解決しました。
not-passed = まだ直っていません。

predict = 予想してから実行
predict-run = マシンを実行
predict-right = 予想どおりです。
predict-wrong = 予想と違いました。
predict-machine = マシンの答え: { $answer }。

answer-yes = はい
answer-no = いいえ
answer-before-lock = ロック前
answer-after-lock = ロック後
answer-never = なし
answer-prompt = プロンプト
answer-hung = ハング
answer-shutdown = シャットダウン
answer-exit = 終了
answer-endless = 終わらない
answer-off = 電源オフ
answer-no-answer = 応答なし

scene-restore = 元に戻す
scene-order = ボリューム内の順序
scene-room = SMRAM の中
scene-dispatched = ディスパッチ済み
scene-registered = ハンドラー登録済み
scene-no-handler = ハンドラーなし、エラーなし
scene-press = ドライバー C のサービスを呼び出します。
scene-answered = { $driver } が応答
scene-none = { $value } のハンドラーなし
captions = 起きたこと
caption-step = ステップ { $nth }、t = { $time } ns
scene-tries = 試せること
scene-no-smi = SMI# なし
scene-goes-on = OS は続行

way-checklist = チェックリスト
checklist-fault = 障害
checklist-healthy = なし
checklist-holds = すべての項目が満たされています。
checklist-stops = 最初に途切れるのは：
checklist-skipped = 前提が満たされないため未確認
checklist-silent = これは DEBUG のログだけでわかります

msg-place = メッセージの位置
msg-outside = SMRAM の外
msg-header = ヘッダー
msg-data = データ
msg-bytes = { $count } バイト
msg-buffer = バッファー { $addr }、{ $size } バイト
msg-let = 通過。SMRAM の外にあります。
msg-let-in = { $size } バイトのうち { $part } バイトが SMRAM にあるのに通過。
msg-refused = 読まずに拒否。{ $size } バイトのうち { $part } バイトが SMRAM にあります。
msg-no-region = 読まずに拒否。SMRAM の外ですが、メッセージ用のメモリーではありません。
msg-short = 拒否。ヘッダーより短いメッセージです。
msg-handled = { $name } が応答しました。
msg-nobody = { $name } は誰も登録していません。
msg-untouched = メッセージはここにはかかっていません。
msg-same = メッセージの { $part } バイトがここにあり、元のままです。
msg-overwritten = { $count } バイトが変わりました。SMM から見た前と後:
msg-as-it-was = 元のまま
msg-missed = 見逃した
msg-over = 上書きされた
