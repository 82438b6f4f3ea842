package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

func TestARecordingIsListedAndDeletedWithoutItsLeg(t *testing.T) {
	folder := t.TempDir()
	control := serve(t, &Control{recordings: folder})
	must(t, os.Mkdir(filepath.Join(folder, "one"), 0o700))
	must(t, os.WriteFile(filepath.Join(folder, "one", "room.opus"), []byte("OggS"), 0o600))
	status, answer := control.do("GET", "/recordings/one", "")
	files, _ := answer["files"].([]any)
	if status != http.StatusOK || len(files) != 1 || files[0].(map[string]any)["bytes"] != 4.0 {
		t.Fatal(status, answer)
	}
	for _, want := range []int{http.StatusOK, http.StatusOK} { // the second one finds nothing, and is content
		if status, answer := control.do("DELETE", "/recordings/one", ""); status != want {
			t.Fatal(status, answer)
		}
	}
	for _, path := range []string{"/recordings/one", "/recordings/one/room.opus", "/recordings/one/..%2f..%2fsecret"} {
		if status, answer := control.do("GET", path, ""); status != http.StatusNotFound {
			t.Fatal(path, status, answer)
		}
	}
	if status, _ := control.do("DELETE", "/recordings/..%2fone", ""); status != http.StatusBadRequest {
		t.Fatal("a name led out of the folder", status)
	}
	if _, err := os.Stat(folder); err != nil {
		t.Fatal(err)
	}
}

func TestALegRecordsUnderTheNameThatItIsGiven(t *testing.T) {
	folder := t.TempDir()
	control := serve(t, &Control{recordings: folder})
	status, answer := control.do("POST", "/legs", aLeg)
	if status != http.StatusCreated {
		t.Fatal(status, answer)
	}
	if status, answer := control.do("POST", "/legs/one/record?name=two", ""); status != http.StatusOK || answer["folder"] != "two" {
		t.Fatal(status, answer)
	}
	if status, answer := control.do("DELETE", "/legs/one/record", ""); status != http.StatusOK {
		t.Fatal(status, answer)
	}
	status, answer = control.do("GET", "/recordings/two", "")
	if files, _ := answer["files"].([]any); status != http.StatusOK || len(files) != 2 {
		t.Fatal(status, answer)
	}
	if status, _ := control.do("POST", "/legs/one/record?name=..%2fthree", ""); status != http.StatusBadRequest {
		t.Fatal("a name led out of the folder", status)
	}
}
