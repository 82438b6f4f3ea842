package main

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
)

// --- the routes about what was recorded: it outlives its leg ---

var errNoRecording = refusal{http.StatusNotFound, "no-recording", "There is no recording of this name."}

// RecordedFile is one side of a recording.
type RecordedFile struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// recordingFolder returns where a recording is, be it there or not.
func (c *Control) recordingFolder(name string) (string, error) {
	if c.recordings == "" {
		return "", bad("Nothing is recorded here: BRIDGE_RECORDINGS names no folder.")
	}
	if !idShape.MatchString(name) {
		return "", bad("A recording's name has letters, digits, dots, dashes and underscores, 100 at most.")
	}
	return filepath.Join(c.recordings, name), nil
}

func (c *Control) recorded(r *http.Request) (any, error) {
	folder, err := c.recordingFolder(r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoRecording
	}
	if err != nil {
		return nil, refusal{http.StatusInternalServerError, "not-read", "The recording cannot be read: " + reason(err) + "."}
	}
	files := []RecordedFile{}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, RecordedFile{Name: entry.Name(), Bytes: info.Size()})
		}
	}
	return map[string][]RecordedFile{"files": files}, nil
}

// recordedFile answers with the sound itself.
func (c *Control) recordedFile(w http.ResponseWriter, r *http.Request) {
	folder, err := c.recordingFolder(r.PathValue("name"))
	if err == nil && !idShape.MatchString(r.PathValue("file")) {
		err = errNoRecording
	}
	if err != nil {
		fail(w, err)
		return
	}
	file, err := os.Open(filepath.Join(folder, r.PathValue("file")))
	if err != nil {
		fail(w, errNoRecording)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "audio/ogg")
	if info, err := file.Stat(); err == nil {
		http.ServeContent(w, r, "", info.ModTime(), file)
	}
}

// forgetRecording deletes a recording; one that is not there is deleted already.
func (c *Control) forgetRecording(r *http.Request) (any, error) {
	folder, err := c.recordingFolder(r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(folder); err != nil {
		return nil, refusal{http.StatusInternalServerError, "not-deleted", "The recording cannot be deleted: " + reason(err) + "."}
	}
	return struct{}{}, nil
}
