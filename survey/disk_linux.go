package survey

import "syscall"

// networked tells whether a folder lies on another computer's disk, by the file system's number (statfs(2)).
func networked(folder string) bool {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return false
	}
	return isNetwork(uint32(fs.Type))
}

func isNetwork(magic uint32) bool {
	switch magic {
	case 0x6969, // NFS
		0x517b, 0xff534d42, 0xfe534d42, // SMB, CIFS, SMB2
		0x01021997,             // 9p: the disks of a virtual machine's host
		0x5346414f, 0x6b414653, // AFS
		0x00c36400: // Ceph
		return true
	}
	return false
}
