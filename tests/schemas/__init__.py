"""What travels: nothing but a sound message comes out of a decoder, whatever goes in."""
