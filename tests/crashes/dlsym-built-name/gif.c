int codec_gif_open(void)
{
    return 2;
}
