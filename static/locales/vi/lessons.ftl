# Bài tập, chương, hình.
ways = Đi tiếp
way-chapter = Chương
way-exercise = Bài tập
way-board = Bàn thí nghiệm
minutes = khoảng { $count } phút
level = Cấp { $level }
solved-chip = đã giải
content-loading = Đang tải …
content-failed = Không hiển thị được trang này: { $why }

report = Báo cáo
hints = Gợi ý
hint-show = Xem gợi ý
hint-after = sau gợi ý { $nth }

proof = Chứng minh bằng cách chạy
proof-on = trên DEBUG và RELEASE
prove = Build, khởi động và chứng minh
proving = Các máy đang chạy …
proof-idle = Hãy sửa image trên bảng. Sau đó cả hai bản build được khởi động với cách sửa của bạn, và từng điều kiện được kiểm tra trên máy.
proof-stale = Cách sửa đã thay đổi so với lần chứng minh này.
proof-keep = Lưu kết quả này thành tệp
check = Kiểm tra
check-boots = OS tới được dấu nhắc
check-service = { $driver } trả lời SMI phần mềm { $value }
check-locked = SMRAM đã khóa (D_LCK)
check-hidden = OS không đọc được SMI handler
check-lock-driver = PlatformSmm yêu cầu khóa
expected = mong đợi: { $what }
passed = Đã giải.
not-passed = Chưa sửa được.

predict = Dự đoán rồi chạy
predict-run = Chạy máy
predict-right = Đúng như bạn nói.
predict-wrong = Không như bạn nói.
predict-machine = Máy trả lời: { $answer }.

answer-yes = có
answer-no = không
answer-before-lock = trước khi khóa
answer-after-lock = sau khi khóa
answer-never = không bao giờ
answer-prompt = dấu nhắc
answer-hung = treo
answer-shutdown = shutdown
answer-exit = thoát
answer-endless = chạy mãi
answer-off = tắt
answer-no-answer = không trả lời

scene-restore = Khôi phục
scene-order = Thứ tự trong volume
scene-room = Trong SMRAM
scene-dispatched = đã dispatch
scene-registered = đã đăng ký handler
scene-no-handler = không handler, không báo lỗi
scene-press = Gọi dịch vụ của driver C.
scene-answered = { $driver } trả lời
scene-none = không có handler cho { $value }
captions = Diễn biến
caption-step = Bước { $nth }, t = { $time } ns
scene-tries = Những gì có thể làm
scene-no-smi = không có SMI#
scene-goes-on = OS chạy tiếp

way-checklist = Danh sách kiểm tra
checklist-fault = Lỗi
checklist-healthy = không có
checklist-holds = Mọi mục đều đạt.
checklist-stops = Chuỗi đứt trước hết ở:
checklist-skipped = không hỏi: điều nó cần không đạt
checklist-silent = chỉ log của bản DEBUG cho biết điều này

msg-place = Thông điệp nằm ở đâu
msg-outside = Ngoài SMRAM
msg-header = Header
msg-data = Dữ liệu
msg-bytes = { $count } byte
msg-buffer = Bộ đệm tại { $addr }, { $size } byte
msg-let = Cho qua: nằm ngoài SMRAM.
msg-let-in = Cho qua, dù { $part } trong { $size } byte nằm trong SMRAM.
msg-refused = Từ chối mà không đọc: { $part } trong { $size } byte nằm trong SMRAM.
msg-no-region = Từ chối mà không đọc: nằm ngoài SMRAM, nhưng không thuộc vùng nhớ dành cho thông điệp.
msg-short = Từ chối: ngắn hơn header của nó.
msg-handled = { $name } đã trả lời.
msg-nobody = Không ai đăng ký cho { $name }.
msg-untouched = Không phần nào của thông điệp nằm ở đây.
msg-same = { $part } byte của thông điệp nằm ở đây: vẫn như cũ.
msg-overwritten = { $count } byte đã đổi. Trước và sau, theo cách SMM đọc:
msg-as-it-was = vẫn như cũ
msg-missed = không phát hiện
msg-over = bị ghi đè
