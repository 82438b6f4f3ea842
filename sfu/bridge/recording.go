package main

import (
	"errors"
	"path/filepath"
	"time"
)

// Record writes both directions into a folder, as `room.opus` (what the peer said) and `peer.opus` (what it heard).
func (l *Leg) Record(folder string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errGone
	}
	if l.recording {
		return errors.New("the leg is being recorded already")
	}
	now := time.Now()
	recorders := map[side]*Recorder{}
	for to := range l.streams {
		recorder, err := NewRecorder(filepath.Join(folder, string(to)+".opus"), now)
		if err != nil {
			for _, made := range recorders {
				err = errors.Join(err, made.Close(now))
			}
			return err
		}
		recorders[to] = recorder
	}
	for to, recorder := range recorders {
		l.streams[to].Record(recorder)
	}
	l.recording = true
	return nil
}

// StopRecording ends the files.
func (l *Leg) StopRecording() error {
	l.mu.Lock()
	l.recording = false
	l.mu.Unlock()
	var err error
	for _, stream := range l.streams {
		if recorder := stream.Record(nil); recorder != nil {
			err = errors.Join(err, recorder.Close(time.Now()))
		}
	}
	return err
}
