"""Worries about a child as they are really written, often by the child, and the harmless texts like them.

In the manner of `threat_sentences`: our own, written before the rules of `moderation/classifier/worries.py`,
every third line held out of making them, none to be used for training.
"""

from __future__ import annotations

WORRIES: dict[str, str] = {
    "self-harm": """
        I just want it all to stop
        whats the point of me even being here
        everyone would be happier if i wasnt here
        i wish i never woke up this morning
        shes stopped eating and keeps talking about not being here anymore
        My son said he wants to go to heaven to be with his nan
        goodbye everyone i love you all, sorry for everything
        I took loads of my mums tablets
        he keeps saying we would be better off if he was gone
        i scratch my arms till they bleed when maths is on
        she left a note saying sorry for being a burden
        i dont wanna be here no more
        wish i was dead lol
        thinking of jumping off the bridge by tesco
    """,
    "missing": """
        Has anyone seen Maisie, she didn't come home from school
        my son never got off the bus, please help
        Im running away tonight, dont tell my dad
        she's been missing since last night, please share
        He left for school this morning and never arrived
        we cant find our daughter, has she been seen at the school?
        im gonna run away after school and not come back
    """,
    "contact": """
        whats ur snap
        dont tell ur mum ok
        this is our secret yeah
        u look so grown up in that pic
        delete these messages after u read them
        I can pick you up after school, dont tell no one
        add me on snap its jay_x
        u home alone?
        send us a pic just u
        im 14 too honest, wanna video chat
        which one is you in the photo? ur cute
        i can get u v bucks if u send me something
        what time do you walk home from school, I could meet you
        do you have your own phone? Message me there instead of here
        There's a man in a white van been asking kids their names outside the gates
        an older lad has been giving the year 6s vapes at the park
        some guy on roblox keeps asking my daughter where she lives
        who is the girl in the blue dress, shes gorgeous, whats her name
    """,
    "disclosure": """
        my stepdad comes in my room at night
        mums boyfriend hit me with a belt
        I dont want to go home today, dad will be there
        dad locked us out again and its freezing
        theres never any food in ours
        my uncle makes me do things i dont like
        mum wont get out of bed and I have to look after the baby
        they're sending her abroad to get married and she's only 11
        my cousin is being taken away to be cut in the holidays
    """,
}

LOOK_ALIKES: dict[str, str] = {
    "self-harm": """
        I just want it to stop raining before sports day
        What's the point of being here at 8 if the doors open at 9?
        Wish I was there, save me a cake
        I wish I never had to wake up this early for swimming
        Goodbye everyone, we loved our seven years here, sorry for the tears
        He took his tablets with lunch, thank you Mrs Potts
        She cut her hand on the fence, please check it
        He scratched his arm on the brambles
        She left a note saying thank you to the cooks
        I don't want to be here when the maths starts, said every Year 5 ever
        We jumped off the bridge into the river at camp, brilliant
        I'm done with packed lunches
        We would be better off with two smaller classes
        My son said he wants to go to the moon to see his teddy
    """,
    "missing": """
        Has anyone seen a missing blue jumper, age 7?
        He didn't come home with his lunchbox
        She didn't want to come home from camp
        The bus never arrived this morning, any news?
        We can't find our tickets, have they been seen at the office?
        My letter never arrived
        The school cat has been missing since Sunday
        The gingerbread man ran away and Reception searched the whole school
        I'm running the marathon tonight, don't tell my knees
        We can't find the pupils' entrance, which side is it?
    """,
    "contact": """
        What's the snap of the week going to be?
        Snap! We have the same costume
        The secret ingredient is our secret, but come and taste it
        Don't tell the kids but Santa is coming on Friday
        I can pick you up after school, love from Nana
        Delete the old e-mail, the date was wrong
        Which one is your son in the photo? Ours is the sheep
        Which one is the new teacher in the photo?
        Add me to the class WhatsApp please, I'm Leo's mum
        Send us a picture of the menu please
        What time do you walk home from school in winter, Year 6 parents?
        There is a man in a white van delivering the hay bales at 2
        The older lads gave the Year 6s their tie at the leavers' do, so sweet
        How old do you have to be to walk home alone?
        Are you home alone with three kids this half term as well? Join the club
        She looks so grown up in that uniform, where did the time go
        Who is the lady in the blue dress, is she the new governor?
        Can we video call Grandad from the assembly?
        Message me if you want the spare ticket
        Do you have your own cups for the fair or shall I bring ours?
    """,
    "disclosure": """
        Our stepdad came in fancy dress at night for the sleepover
        I don't want to go home, said mine at the end of forest school
        Dad locked us out of the car again, can somebody give us a lift?
        There's never any food left at the fair by four
        My uncle makes me laugh
        Mum won't get out of bed on Sundays, and quite right too
        They're sending us abroad for the exchange, married couples first
        My cousin is being taken away to be a bridesmaid in the holidays
        The belt on my son's trousers hit me when he threw them, haha
        I have to look after the baby so I'll miss the assembly
        My hair is being cut in the holidays
    """,
}
