# Các văn bản quanh hình.
page-title = SMM: mô hình tư duy đơn giản
page-intro = Hãy hình dung SMM là một căn phòng kín nằm dưới hệ điều hành. Tín hiệu SMI# là lối vào duy nhất, lệnh RSM là lối ra duy nhất. Nhấn Chạy.
page-note = Đây là máy thật, không phải hình vẽ: một BIOS nhỏ chạy trên CPU và chipset được giả lập ngay trong thẻ này, mọi giá trị đều đọc từ đó. Kéo dòng thời gian để quay lại.
page-after = Hệ điều hành không hề biết SMM đã chạy, trừ khi SMM chạy chậm đến mức lộ ra khoảng thời gian bị mất.
try-title = Thử xem
try-command = Chọn 17h thay cho 42h rồi phát SMI: handler từ chối, và hệ điều hành nhận mã lỗi trong RAX.
try-again = Nhấn “Phát lần nữa” khi handler đang chạy: SMI thứ hai được chốt và được nhận ngay sau RSM.
try-micro = Dừng ở Save State rồi bước theo vi bước: mỗi bước ghi một trường của vùng Save State.
try-smram = So sánh những gì hệ điều hành đọc được tại địa chỉ của handler trước và sau khi khóa.
try-rom = Thả ảnh ROM của bạn vào hình, và hình sẽ cho thấy ROM đó làm gì.

language = Ngôn ngữ
theme-auto = Giao diện: theo hệ thống
theme-light = Giao diện: sáng
theme-dark = Giao diện: tối
