int codec_jpeg_open(void)
{
    return 1;
}
